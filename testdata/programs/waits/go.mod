module example.com/gocore/waits

go 1.19
