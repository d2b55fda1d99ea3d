/* Addresses of the network (net/netip/netip.go, net/ip.go) and errors of the system, as their
 * String and Error methods write them. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/value_internal.h"

enum { IP_BYTES = 16, IP4_BYTES = 4, GROUPS = 8 };

static void add_ip4(const uint8_t *ip, struct str *out)
{
	str_printf(out, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

static bool is_mapped(const uint8_t *ip)
{
	static const uint8_t prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

/* The longest run of zero groups, of two at least, the first of several (RFC 5952). */
static unsigned zero_run(const unsigned *groups, unsigned *length)
{
	unsigned start = GROUPS, best = 1;
	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned n = 0;
		while (i + n < GROUPS && groups[i + n] == 0)
			n++;
		if (n > best) {
			best = n;
			start = i;
		}
		i += n;
	}
	*length = best;
	return start;
}

static void add_ip6(const uint8_t *ip, struct str *out)
{
	unsigned groups[GROUPS], length;
	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
	unsigned start = zero_run(groups, &length);
	for (unsigned i = 0; i < GROUPS; i++) {
		if (i == start) {
			str_add(out, "::");
			i += length - 1;
			continue;
		}
		str_printf(out, "%s%x", i > 0 && i != start + length ? ":" : "", groups[i]);
	}
}

/* --- package net/netip ------------------------------------------------------------------------- */

enum family { FAMILY_UNKNOWN, FAMILY_NONE, FAMILY_4, FAMILY_6 };

/* Whether Z is the variable of that name's value. */
static bool is_mark(const struct values *v, const char *name, uint64_t z)
{
	struct dwarf_type type;
	uint64_t addr, mark;
	return v->dwarf != NULL && dwarf_global(v->dwarf, name, &addr, &type) &&
	       image_u64(v->snapshot->image, addr + v->snapshot->image->bias, &mark, NULL) &&
	       mark == z;
}

/* Of an Addr: the field z is a handle of {isV6, zoneV6} since Go 1.23, before it points to one of
 * two marks, z4 and z6noz, or to a zone (internal/intern). The marks look the same: only variables
 * tell. */
static enum family family_of(struct values *v, const struct operand *addr, const uint8_t *ip,
			     struct str *zone)
{
	struct operand z, detail;
	struct value text;
	uint64_t pointer, v6;
	if (!operand_field(v, addr, "z", &z) || operand_u64(v, &z, 0, &pointer) != VALUE_OK)
		return FAMILY_UNKNOWN;
	if (pointer == 0)
		return FAMILY_NONE;
	bool handle = operand_field(v, &z, "value", &detail);
	if (!handle && is_mapped(ip))
		return is_mark(v, "net/netip.z4", pointer)	? FAMILY_4
		       : is_mark(v, "net/netip.z6noz", pointer) ? FAMILY_6
								: FAMILY_UNKNOWN;
	const struct value_type *type = handle ? detail.type : z.type;
	if (type->kind != KIND_POINTER || !value_type_parts(v->types, type) || type->elem == NULL)
		return FAMILY_UNKNOWN;
	const struct operand pointed = operand_at(pointer, type->elem);
	if (handle &&
	    (!operand_field(v, &pointed, "isV6", &detail) || !operand_number(v, &detail, &v6)))
		return FAMILY_UNKNOWN;
	if (handle && v6 == 0)
		return FAMILY_4;
	if (!operand_field(v, &pointed, handle ? "zoneV6" : "cmpVal", &detail))
		return FAMILY_UNKNOWN;
	value_make_at(v, "", &detail, 1, &text);
	size_t n = strlen(text.text);
	if (text.state != VALUE_OK || (strcmp(text.text, "nil") != 0 && text.text[0] != '"'))
		return FAMILY_UNKNOWN;
	if (text.text[0] == '"' && n > 2)
		str_printf(zone, "%%%.*s", (int)(n - 2), text.text + 1);
	return FAMILY_6;
}

static bool add_addr(struct values *v, const struct operand *addr, bool port, struct str *out)
{
	uint64_t words[2];
	uint8_t ip[IP_BYTES];
	struct operand number;
	_cleanup_str_ struct str zone = { 0 };
	if (!operand_field(v, addr, "addr", &number) ||
	    operand_u64(v, &number, 0, &words[0]) != VALUE_OK ||
	    operand_u64(v, &number, 8, &words[1]) != VALUE_OK)
		return false;
	for (unsigned i = 0; i < IP_BYTES; i++)
		ip[i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
	switch (family_of(v, addr, ip, &zone)) {
	case FAMILY_NONE:
		str_add(out, "invalid IP");
		return true;
	case FAMILY_4:
		add_ip4(ip + IP_BYTES - IP4_BYTES, out);
		return true;
	case FAMILY_6:
		str_add(out, port ? "[" : "");
		if (is_mapped(ip)) {
			str_add(out, "::ffff:");
			add_ip4(ip + IP_BYTES - IP4_BYTES, out);
		} else {
			add_ip6(ip, out);
		}
		str_printf(out, "%s%s", str_text(&zone), port ? "]" : "");
		return true;
	default:
		return false;
	}
}

bool value_netip_text(struct values *v, const struct operand *operand, struct str *out)
{
	str_printf(out, "%s{", operand->type->name);
	if (v->limits.redact || !add_addr(v, operand, false, out))
		return false;
	str_add_char(out, '}');
	return true;
}

/* AddrPort {ip, port}, Prefix {ip, bits} or, since Go 1.21, {ip, bitsPlusOne}. */
bool value_netip_pair_text(struct values *v, const struct operand *operand, struct str *out)
{
	struct operand ip, number;
	uint64_t n;
	bool port = operand_field(v, operand, "port", &number), plus_one = false;
	if (!port)
		plus_one = operand_field(v, operand, "bitsPlusOne", &number);
	if (v->limits.redact ||
	    (!port && !plus_one && !operand_field(v, operand, "bits", &number)) ||
	    !operand_number(v, &number, &n) || !operand_field(v, operand, "ip", &ip) ||
	    (plus_one && n == 0) || (!port && !plus_one && n > 8 * IP_BYTES))
		return false;
	str_printf(out, "%s{", operand->type->name);
	if (!add_addr(v, &ip, port, out))
		return false;
	str_printf(out, "%c%" PRIu64 "}", port ? ':' : '/', n - (plus_one ? 1 : 0));
	return true;
}

/* --- package net ---------------------------------------------------------------------------------- */

/* A slice of at most MOST bytes; gives how many. */
static bool short_bytes(struct values *v, const struct operand *operand, uint8_t *bytes,
			size_t most, uint64_t *length)
{
	uint64_t addr;
	return !v->limits.redact && operand->type->kind == KIND_SLICE &&
	       operand_u64(v, operand, 0, &addr) == VALUE_OK &&
	       operand_u64(v, operand, 8, length) == VALUE_OK && *length > 0 && *length <= most &&
	       image_read(v->snapshot->image, addr, bytes, (size_t)*length, NULL);
}

bool value_ip_text(struct values *v, const struct operand *operand, struct str *out)
{
	uint8_t ip[IP_BYTES];
	uint64_t length;
	if (!short_bytes(v, operand, ip, sizeof(ip), &length) ||
	    (length != IP4_BYTES && length != IP_BYTES))
		return false;
	str_printf(out, "%s{", operand->type->name);
	if (length == IP4_BYTES)
		add_ip4(ip, out);
	else if (is_mapped(ip))
		add_ip4(ip + IP_BYTES - IP4_BYTES, out);
	else
		add_ip6(ip, out);
	str_add_char(out, '}');
	return true;
}

/* net.HardwareAddr "00:1a:2b:3c:4d:5e", net.IPMask "ffff0000". */
bool value_hex_text(struct values *v, const struct operand *operand, struct str *out)
{
	uint8_t bytes[20];
	uint64_t length;
	bool address = strcmp(operand->type->name, "net.HardwareAddr") == 0;
	if (!short_bytes(v, operand, bytes, sizeof(bytes), &length))
		return false;
	str_printf(out, "%s{", operand->type->name);
	for (uint64_t i = 0; i < length; i++)
		str_printf(out, "%s%02x", i > 0 && address ? ":" : "", bytes[i]);
	str_add_char(out, '}');
	return true;
}

/* --- package syscall -------------------------------------------------------------------------------- */

/* The system's own text with a small letter, as Go has it (syscall/mkerrors.sh). */
bool value_errno_text(struct values *v, const struct operand *operand, struct str *out)
{
	enum { ERRNO_MOST = 4095 };
	uint64_t number;
	if (v->limits.redact || !operand_number(v, operand, &number) || number == 0 ||
	    number > ERRNO_MOST)
		return false;
	const char *text = strerror((int)number);
	if (strncmp(text, "Unknown error", 13) == 0)
		return false;
	bool small = text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z';
	str_printf(out, "%" PRIu64 " \"%c%s\"", number, small ? text[0] + 32 : text[0], text + 1);
	return true;
}
