/* Takes from the process whatever reading one file and writing to one pipe does not need.
 *
 * On Linux: no new privileges, limits, Landlock where the kernel has it, and a seccomp list of what is allowed. Elsewhere
 * only the limits. Each function returns 0 or -errno. */
#ifndef CPSTJAIL_H
#define CPSTJAIL_H

#include <stdint.h>

/* What holds: bits of the value that pa_jail_enter gives. */
enum pa_jail_part { PA_JAIL_LIMITS = 1, PA_JAIL_LANDLOCK = 2, PA_JAIL_SECCOMP = 4 };

/* Closes every descriptor above the last one named. */
void pa_jail_close_from(int first);

/* Sets limits and shuts the process in; the file `descriptor` alone can still be opened, for reading, until
 * pa_jail_seal. Gives the parts that hold, or -errno when one that this system has could not be had. */
int pa_jail_enter(int descriptor, uint64_t memory_bytes, uint64_t processor_seconds);
/* From here on nothing can be opened any more. */
int pa_jail_seal(void);

/* Tries what must be refused; gives a bit for each that was not: 1 reading another file, 2 opening `descriptor` again,
 * 4 writing a file, 8 a socket, 16 a child, 32 another program, 64 more memory than allowed, 128 a signal to the parent,
 * 256 raising a limit. */
int pa_jail_probe(int descriptor, uint64_t memory_bytes);

#endif
