// Placeholder until the first type of ArchiveCompression stands here.
