"""What the broker does for each kind of request: functions of its state and the request."""
