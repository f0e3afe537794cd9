"""Lost answers: the same bookings done by OpenChair and by what people would use instead, side by side in one run."""
