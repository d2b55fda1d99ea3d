//go:build go1.21

package main

import "maps"

func init() {
	// Go 1.24 does not notice this.
	if release() == 24 {
		return
	}
	raceModes = append(raceModes, raced("map-clone", "concurrent-map-read-write|concurrent-map-write",
		`concurrent map clone and map write|concurrent map (read and map )?write`, "", func() {
			m := intMap()
			inParallel(func() { writeMap(m) }, func() { cloneMap(m) }, func() { cloneMap(m) })
		}))
}

//go:noinline
func cloneMap(m map[int]int) int { return len(maps.Clone(m)) }
