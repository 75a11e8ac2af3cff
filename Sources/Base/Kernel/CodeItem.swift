/// One row of a code table that a national standard defines; dictionaries are seeded from arrays of these.
///
/// `code` is what is stored and sent, `title` what an official reads, `titleEN` its English label.
package struct CodeItem: Sendable, Hashable {
    package let code: String
    package let title: String
    package let titleEN: String

    package init(_ code: String, _ title: String, _ titleEN: String) {
        self.code = code
        self.title = title
        self.titleEN = titleEN
    }
}

extension [CodeItem] {
    /// The title of `code`; the code itself where the table does not know it, so that a page never shows an empty cell.
    package func title(of code: String) -> String { first { $0.code == code }?.title ?? code }
}
