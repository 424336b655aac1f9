/* The one place where calls of a single operating system live. */
#ifndef CPLATFORM_H
#define CPLATFORM_H
#endif
