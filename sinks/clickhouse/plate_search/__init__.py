"""Search by plate: what people type, which plates it may mean, where these were last."""
