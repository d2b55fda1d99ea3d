#include "goruntime/floattext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

double float_at(const uint8_t *p, bool single)
{
	if (single) {
		uint32_t bits = bytes_u32(p);
		float f;
		memcpy(&f, &bits, sizeof(f));
		return f;
	}
	uint64_t bits = bytes_u64(p);
	double d;
	memcpy(&d, &bits, sizeof(d));
	return d;
}

void str_add_float(struct str *out, double v, bool single)
{
	if (isnan(v) || isinf(v)) {
		str_add(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	char text[64];
	int precision = 0;
	for (; precision < 18; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, v);
		if (single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v)
			break;
	}
	char *mark = strchr(text, 'e');
	int e = mark ? atoi(mark + 1) : 0;
	int digits = precision + 1;
	if (e < -4 || e >= 6) {
		str_printf(out, "%.*se%c%02d", mark ? (int)(mark - text) : 0, text,
			   e < 0 ? '-' : '+', abs(e));
		return;
	}
	str_printf(out, "%.*f", digits - 1 - e > 0 ? digits - 1 - e : 0, v);
}
