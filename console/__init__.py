"""The API process: hits to programs that subscribe, as server-sent events and webhooks; its routes grow by routers."""
