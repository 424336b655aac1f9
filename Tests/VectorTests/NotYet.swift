/// Vectors that this reader does not yet judge as the Spec does, each with the reason.
let notYet: [(name: String, reason: String)] = [
    ("archive_names_upper_case", "names are looked up as the file system does, which minds case on Linux"),
    ("archive_manifest_position", "a manifest with one bad position is refused as a whole, its other messages too"),
]

func isNotYet(_ name: String) -> Bool { notYet.contains { $0.name == name } }
