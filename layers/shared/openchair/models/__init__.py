"""The words of OpenChair as data (design sections 2 and 4)."""
