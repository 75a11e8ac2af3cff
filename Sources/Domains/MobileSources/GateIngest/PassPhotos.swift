/// The photos of a pass that have not come.
enum PassPhotos {
    /// How long after a pass its photos may come.
    static let patienceSeconds: Int64 = 600
}
