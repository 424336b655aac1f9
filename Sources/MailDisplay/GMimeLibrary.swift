import CGMime

/// The one initialisation of GMime in this process.
enum GMimeLibrary {
    /// Runs once, whichever thread comes first.
    private static let started: Void = {
        g_mime_init()
        pa_gmime_keep_messages_whole()
    }()

    static func start() { _ = started }
}

/// Owns one reference to a GObject and gives it back at the end.
struct OwnedObject<Object>: ~Copyable {
    let pointer: UnsafeMutablePointer<Object>

    /// Takes over the reference `pointer` stands for.
    init(taking pointer: UnsafeMutablePointer<Object>) { self.pointer = pointer }

    /// Nil stays nil, so that a failed call needs no check of its own.
    init?(taking pointer: UnsafeMutablePointer<Object>?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(pointer)) }
}

/// A GObject pointer seen as another of its classes; the caller has checked the class.
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>, to type: To.Type) -> UnsafeMutablePointer<To> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: type)
}
