module example.com/gocore/cgocrash

go 1.19
