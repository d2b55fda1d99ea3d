#include "formats/library.h"

#include <dlfcn.h>

bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  struct error *err)
{
	void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return error_set(err, ERROR_UNSUPPORTED, 0, "%s cannot be loaded: %s", soname,
				 dlerror());
	for (size_t i = 0; i < count; i++) {
		*functions[i].to = dlsym(handle, functions[i].name);
		if (*functions[i].to == NULL)
			return error_set(err, ERROR_UNSUPPORTED, 0, "%s has no %s", soname,
					 functions[i].name);
	}
	return true;
}
