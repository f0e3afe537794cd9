"""The EHRs: one HTTP funnel, one folder per vendor, one factory."""
