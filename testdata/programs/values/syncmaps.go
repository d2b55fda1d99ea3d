package main

import (
	"fmt"
	"math/rand"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

type cache struct {
	name string
	m    sync.Map
}

// ranged says what a map of int keys and values holds, as gocore writes it.
func ranged(m *sync.Map) string {
	var keys []int
	m.Range(func(k, _ any) bool {
		keys = append(keys, k.(int))
		return true
	})
	sort.Ints(keys)
	var entries []string
	for _, k := range keys {
		v, _ := m.Load(k)
		entries = append(entries, fmt.Sprintf("%d: %d", k, v))
	}
	return "sync.Map{" + strings.Join(entries, ", ") + "}"
}

// promote makes the entries of a map of two parts those of the part that is only read.
func promote(m *sync.Map) {
	m.Range(func(_, _ any) bool { return true })
}

//go:noinline
func syncMaps() {
	plain, c := new(sync.Map), &cache{name: "c"}
	for _, m := range []*sync.Map{plain, &c.m} {
		m.Store("gone", 1)
		m.Store("one", 1)
		m.Store("none", nil)
		m.Store(kind(3), point{4, 5})
		m.Delete("gone")
	}
	promote(plain)

	// Deleted, deleted for good when "new" comes, stored again.
	amended := new(sync.Map)
	for i := 0; i < 4; i++ {
		amended.Store(i, i)
	}
	promote(amended)
	amended.Delete(1)
	amended.Delete(2)
	amended.Store(9, 9)
	amended.Delete(3)
	amended.Store(2, 22)

	large, wide := new(sync.Map), new(sync.Map)
	for i := 0; i < 20000; i++ {
		large.Store(i, -i)
	}
	promote(large)
	for i := 3; i < 20000; i++ {
		large.Delete(i)
	}
	for i := 0; i < 1100; i++ {
		wide.Store(fmt.Sprint("key ", i), i)
	}

	random := new(sync.Map)
	for i, r := 0, rand.New(rand.NewSource(7)); i < 1000; i++ {
		switch k := r.Intn(40); r.Intn(8) {
		case 0, 1, 2, 3:
			random.Store(k, i)
		case 4:
			promote(random)
		case 5:
			random.LoadOrStore(k, -i)
		default:
			random.Delete(k)
		}
	}

	busy := new(sync.Map)
	var rounds int64
	for n := 0; n < 4; n++ {
		go func(n int) {
			for i := n; ; i += 3 {
				busy.Store(i%8, 7)
				busy.Delete((i + 3) % 8)
				busy.Load(100)
				atomic.AddInt64(&rounds, 1)
			}
		}(n)
	}
	for atomic.LoadInt64(&rounds) < 1000 {
		busy.Load(1)
	}
	syncMapArguments(plain, amended, large, wide, random, busy, new(sync.Map), c)
}

//go:noinline
func syncMapArguments(plain, amended, large, wide, random, busy, empty *sync.Map, c *cache) {
	const entries = `sync.Map{"none": nil, "one": 1, main.kind(3): main.point{X: 4, Y: 5}}`
	truth("plain", "*sync.Map", "&"+entries)
	truth("c", "*main.cache", `&main.cache{name: "c", m: `+entries+"}")
	truth("amended", "*sync.Map", "&sync.Map{0: 0, 2: 22, 9: 9}")
	truth("large", "*sync.Map", "&sync.Map{0: 0, 1: -1, 2: -2}")
	truth("wide", "*sync.Map", `&sync.Map{"key *": *, "key *": *, *... 1,0* more}`)
	truth("random", "*sync.Map", "&"+ranged(random))
	truth("busy", "*sync.Map", "&sync.Map{*}")
	truth("empty", "*sync.Map", "&sync.Map{}")
	die()
	keep(plain, amended, large, wide, random, busy, empty, c)
}
