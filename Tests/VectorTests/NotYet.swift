/// Vectors that this reader does not yet judge as the Spec does, each with the reason: none.
let notYet: [(name: String, reason: String)] = []

func isNotYet(_ name: String) -> Bool { notYet.contains { $0.name == name } }
