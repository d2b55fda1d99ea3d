//go:build !race

package main

var checkedModes []mode
