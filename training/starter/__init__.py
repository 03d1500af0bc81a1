"""The recipe of Clipgraph's starter model. `training/run` runs it; training/README.md explains it."""
