#pragma once
/* Floating-point numbers as Go writes them. */
#include "base/str.h"

/* The number at P: a float32 if SINGLE, else a float64. */
double float_at(const uint8_t *p, bool single);

/* strconv.AppendFloat(v, 'g', -1, bits): the fewest digits that read back as the same value, with
 * an exponent when it is < -4 or >= 6 (strconv/ftoa.go, %g with the shortest precision). */
void str_add_float(struct str *out, double v, bool single);
