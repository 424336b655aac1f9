#include <gmime/gmime.h>

// The type checks of GMime are macros, which Swift does not see.

static inline int pa_gmime_is_multipart(GMimeObject *object) { return GMIME_IS_MULTIPART(object); }

static inline int pa_gmime_is_part(GMimeObject *object) { return GMIME_IS_PART(object); }

static inline int pa_gmime_is_group(InternetAddress *address) { return INTERNET_ADDRESS_IS_GROUP(address); }

static inline int pa_gmime_is_mailbox(InternetAddress *address) { return INTERNET_ADDRESS_IS_MAILBOX(address); }

// A message within a message stays a part of plain bytes: GMime then neither reads its headers (whose addresses can
// overflow its stack) nor changes a byte of it.
static inline void pa_gmime_keep_messages_whole(void) {
    g_mime_object_register_type("message", "rfc822", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "rfc2822", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "global", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "news", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "external-body", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "partial", GMIME_TYPE_PART);
    g_mime_object_register_type("message", "*", GMIME_TYPE_PART);
}
