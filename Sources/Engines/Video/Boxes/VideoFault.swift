/// What is wrong with a stream of boxes; the words are for the log.
package enum VideoFault: Error, Sendable, Equatable {
    /// A box is longer than any camera's would be, or shorter than its head.
    case size(String)
    /// Boxes in an order in which nobody can play them.
    case order(String)
    /// A field lies outside its box, or says what cannot be.
    case content(String)

    package var text: String {
        switch self {
        case .size(let box): "size of \(box)"
        case .order(let box): "order of \(box)"
        case .content(let box): "content of \(box)"
        }
    }
}
