/* Where the ICS source is. A box that reads no calendar shall not carry libical, which brings ICU and the C++ library along (3 MiB resident and a third of the
 * time to start), so the installed programs have the source in a module of its own, opened with the first calendar. Programs linked whole have it in them. */
#include "feeds/ics.h"

#ifdef ICS_MODULE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* Found beside the library this is in (its run path). Never closed: ICU does not survive that, and the next calendar comes tomorrow. */
source_ics_fn *ics_open(struct gnm_why *why)
{
    void *module = dlopen("calendar.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE), *found = module == NULL ? NULL : dlsym(module, "source_ics");
    source_ics_fn *source = NULL;
    if (found == NULL)
        gnm_fail(why, -ENOENT, "calendars cannot be read: %s", dlerror());
    else
        memcpy(&source, &found, sizeof source);
    return source;
}
#else
source_ics_fn *ics_open(struct gnm_why *why)
{
    (void)why;
    return source_ics;
}
#endif
