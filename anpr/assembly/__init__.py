"""What each flow is put together from. A worker loads the module of its own flow and no other: half a second less."""
