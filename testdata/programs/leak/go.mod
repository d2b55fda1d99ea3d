module example.com/gocore/leak

go 1.19
