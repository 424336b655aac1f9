// The installed header asks for one of libbfio, which is not needed here: its part of the interface is left out.
#include <sys/types.h>

#include <libpff/features.h>
#undef LIBPFF_HAVE_BFIO
#include <libpff.h>
