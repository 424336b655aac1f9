// Placeholder until the first type of ArchiveCrypto stands here.
