// Placeholder until the first type of ArchiveFormat stands here.
