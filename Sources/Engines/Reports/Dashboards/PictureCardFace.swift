import Identity
import Storage
import Web

/// Live pictures for cards of boards, from a module above this one: what may be chosen, and how the chosen ones look. Registered once, before anything is served.
package struct PictureCardFace: Sendable {
    package var permission: String
    package var choices: @Sendable (Principal, any Reader) throws -> [Choice]
    /// Those of the chosen that somebody may see.
    package var known: @Sendable ([Int64], Principal, any Reader) throws -> Set<Int64>
    package var markup: @Sendable ([Int64], Principal, WebContext, any Reader) throws -> Markup

    package init(
        permission: String, choices: @escaping @Sendable (Principal, any Reader) throws -> [Choice],
        known: @escaping @Sendable ([Int64], Principal, any Reader) throws -> Set<Int64>,
        markup: @escaping @Sendable ([Int64], Principal, WebContext, any Reader) throws -> Markup
    ) {
        self.permission = permission
        self.choices = choices
        self.known = known
        self.markup = markup
    }
}
