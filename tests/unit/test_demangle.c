/* Names of C++. Without the C++ library on the machine they stay as they are. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "formats/demangle.h"
#include "tests/unit/testrun.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_release(&arena);
}

START_TEST(a_symbol_of_cxx_gets_its_name_in_the_source)
{
	if (dlopen("libstdc++.so.6", RTLD_LAZY) == NULL)
		return;
	ck_assert_str_eq(demangle("_ZN2ns4Impl2goEi", &arena), "ns::Impl::go(int)");
	ck_assert_str_eq(demangle("_ZSt9terminatev", &arena), "std::terminate()");
}
END_TEST

START_TEST(other_symbols_stay_as_they_are)
{
	ck_assert_str_eq(demangle("main", &arena), "main");
	ck_assert_str_eq(demangle("_Z", &arena), "_Z");
	ck_assert_str_eq(demangle("_Zebra", &arena), "_Zebra");
	ck_assert_str_eq(demangle("", &arena), "");
	ck_assert_ptr_null(demangle(NULL, &arena));
}
END_TEST

START_TEST(what_nobody_writes_stays_as_it_is)
{
	static char name[100000];
	memset(name, 'P', sizeof(name) - 1);
	memcpy(name, "_Z1f", 4);
	ck_assert_ptr_eq(demangle(name, &arena), name);
	ck_assert_ptr_nonnull(demangle("_Z1fIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII", &arena));
}
END_TEST

/* A<A<A<...>, A<...>>, ...>: each level doubles the name in the source. */
START_TEST(a_name_that_grows_beyond_memory_stays_as_it_is)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[512] = "_Z1f1AIiiE";
	size_t n = strlen(name);
	for (unsigned i = 0; i < 34; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "S_IS%c_S%c_E", digits[i],
				      digits[i]);
	ck_assert_ptr_eq(demangle(name, &arena), name);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_symbol_of_cxx_gets_its_name_in_the_source,
		other_symbols_stay_as_they_are,
		what_nobody_writes_stays_as_it_is,
		a_name_that_grows_beyond_memory_stays_as_it_is,
	};
	return test_run("demangle", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
