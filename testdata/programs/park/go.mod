module example.com/gocore/park

go 1.19
