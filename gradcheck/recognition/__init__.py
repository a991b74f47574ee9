"""The net behind the loss, recognised by its numbers, and its backward pass read line by line."""
