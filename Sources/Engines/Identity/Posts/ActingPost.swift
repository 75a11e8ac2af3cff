import Kernel
import Storage

/// How a post is held: by one of several alike, or as the first or second of a pair that answers for it together (两岗共管).
package enum PostStanding: String, Sendable, CaseIterable {
    case regular, main, deputy

    package var title: String {
        switch self {
        case .regular: "普通"
        case .main: "正职"
        case .deputy: "副职"
        }
    }
}

/// One of the posts in which a person may act; in each of them the person has that post's roles, in the organisation of its unit, and nothing else.
package struct ActingPost: Sendable, Equatable {
    package var unit: Int64
    /// `环境保护科 科长`.
    package var title: String
    package var standing: PostStanding
    package var organisation: Int64
    package var organisationName: String
    /// The one in which the person signs in.
    package var isMain: Bool

    /// For lists of choices: `环境保护科 科长（副职）`.
    package var fullTitle: String { standing == .regular ? title : "\(title)（\(standing.title)）" }

    /// Those of a person that give roles, whose unit and organisation are in use; the main one first.
    static func all(of user: Int64, _ reader: any Reader) throws -> [ActingPost] {
        let rows = try reader.rows(
            """
            SELECT m.unit_id, m.post, m.standing, m.is_active, un.name, un.org, o.name AS organisation_name FROM unit_members m JOIN units un ON un.id = m.unit_id
            JOIN organisations o ON o.id = un.org WHERE m.user_id = \(user) AND un.state = 'active' AND o.state = 'active'
            AND EXISTS (SELECT 1 FROM unit_post_roles r WHERE r.unit_id = m.unit_id AND r.user_id = m.user_id) ORDER BY m.is_active DESC, m.since, m.unit_id LIMIT 50
            """)
        return rows.map { row in
            ActingPost(
                unit: row.int("unit_id") ?? 0, title: "\(row.text("name") ?? "") \(row.text("post") ?? "")",
                standing: row.text("standing").flatMap(PostStanding.init) ?? .regular, organisation: row.int("org") ?? 0,
                organisationName: row.text("organisation_name") ?? "", isMain: row.bool("is_active"))
        }
    }

    /// The post in which a person signs in; nil for the account's own roles.
    static func main(of user: Int64, _ reader: any Reader) throws -> Int64? { try all(of: user, reader).first { $0.isMain }?.unit }
}
