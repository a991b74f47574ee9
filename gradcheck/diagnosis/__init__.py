"""What kind of mistake is it, told where its correction is right; and what else is visible."""
