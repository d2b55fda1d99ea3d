module example.com/gocore/crash

go 1.19
