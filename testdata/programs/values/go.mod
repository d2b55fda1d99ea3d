module example.com/gocore/values

go 1.19
