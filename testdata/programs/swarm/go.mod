module example.com/gocore/swarm

go 1.19
