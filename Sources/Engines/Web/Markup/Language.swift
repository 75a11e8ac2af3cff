/// Which language labels are shown in; contents stay as they were written.
package enum Language: String, Sendable, CaseIterable {
    case zh, en

    /// The language of the page being made, set by the edge for the whole of a request, so that components need not be told.
    @TaskLocal package static var current = Language.zh

    /// The label in the current language.
    package static func say(_ chinese: String, _ english: String) -> String { current == .zh ? chinese : english }
}
