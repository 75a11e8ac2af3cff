/// What went wrong, said three ways: a stable code for programs, a Chinese sentence for people, a cause for the log only.
///
/// One table at the edge (Web) turns `kind` into an HTTP status; engines never speak of statuses.
package struct Failure: Error, Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case invalid, unauthenticated, forbidden, notFound, conflict, tooLarge, tooMany, unavailable, unexpected
    }

    package var kind: Kind
    /// Stable for ever, such as `JW-L004`; the letter names the module.
    package var code: String
    /// A sentence a user may see.
    package var message: String
    /// Every wrong field at once, in form order.
    package var fields: [FieldFinding]
    /// For the log only; never shown.
    package var cause: String?

    package init(_ kind: Kind, _ code: String, _ message: String, fields: [FieldFinding] = [], cause: String? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.fields = fields
        self.cause = cause
    }

    package static func notFound(_ what: String) -> Failure { Failure(.notFound, "JW-K404", "未找到\(what)，可能已被删除或不在您的查看范围内") }
    package static func forbidden(_ what: String) -> Failure { Failure(.forbidden, "JW-K403", "您没有“\(what)”的权限") }
    package static func invalid(_ fields: [FieldFinding]) -> Failure {
        Failure(.invalid, "JW-K422", "有 \(fields.count) 处填写有误：" + fields.map { "\($0.title)\($0.message)" }.joined(separator: "；"), fields: fields)
    }
}

/// One finding about one field of an input.
package struct FieldFinding: Sendable, Equatable {
    /// The field's name in the declaration or the wire format.
    package var field: String
    /// The field's Chinese title; the name where it has none.
    package var title: String
    /// Stable, such as `required`, `format`, `range`, `unknownCode`, `duplicate`.
    package var code: String
    package var message: String

    package init(_ field: String, _ code: String, _ message: String, title: String? = nil) {
        self.field = field
        self.title = title ?? field
        self.code = code
        self.message = message
    }
}

extension Failure: CustomStringConvertible {
    package var description: String { "\(code) \(message)" + (cause.map { " [\($0)]" } ?? "") }
}
