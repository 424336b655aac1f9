// Placeholder until the first type of PortableArchive stands here.
