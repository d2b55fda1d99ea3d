package main

import (
	"math/big"
	"net"
	"net/netip"
	"syscall"
)

//go:noinline
func network() {
	networkArguments(net.IPv4(10, 1, 2, 3), net.ParseIP("2001:db8::1"),
		netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("fe80::1%eth0"),
		netip.MustParseAddrPort("[::1]:80"), netip.MustParsePrefix("10.0.0.0/8"),
		syscall.ECONNREFUSED, big.NewRat(-6, 14))
}

//go:noinline
func networkArguments(ip, ip6 net.IP, addr, zoned netip.Addr, port netip.AddrPort,
	prefix netip.Prefix, failed error, rat *big.Rat) {
	mapped := netip.MustParseAddr("::ffff:1.2.3.4")
	hardware := net.HardwareAddr{0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e}
	truth("ip", "net.IP", "net.IP{%v}", ip)
	truth("ip6", "net.IP", "net.IP{%v}", ip6)
	truth("addr", "netip.Addr", "netip.Addr{%v}", addr)
	truth("zoned", "netip.Addr", "netip.Addr{%v}", zoned)
	truth("port", "netip.AddrPort", "netip.AddrPort{%v}", port)
	truth("prefix", "netip.Prefix", "netip.Prefix{%v}", prefix)
	truth("failed", "error", "syscall.Errno(111 %q)", failed.Error())
	truth("rat", "*big.Rat", "&big.Rat{%v}", rat)
	truth("mapped", "netip.Addr", "netip.Addr{%v}", mapped)
	truth("hardware", "net.HardwareAddr", "net.HardwareAddr{%v}", hardware)
	die()
	keep(ip, ip6, addr, zoned, port, prefix, failed, rat, mapped, hardware)
}
