import Kernel
import Storage

/// People of one organisation, or below it, who get the same roles and the same notices (D9.2.2, B5.1.7).
package struct UserGroup: Sendable, Equatable {
    package var id: Int64
    package var name: String
    package var note: String
    /// Whose administrators keep it.
    package var organisation: Int64
    package var organisationName: String
    package var area: String
    package var members: Int
    package var updatedAt: Moment
    package var updatedBy: String
    /// What every member has besides the own roles.
    package var roles: [User.HeldRole] = []

    init(_ row: Row) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        note = row.text("note") ?? ""
        organisation = row.int("organisation") ?? 0
        organisationName = row.text("organisation_name") ?? ""
        area = row.text("area") ?? ""
        members = Int(row.int("members") ?? 0)
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedBy = row.text("updated_by_name") ?? ""
    }
}

/// What is asked for when a group is made or changed.
package struct UserGroupDraft: Sendable, Equatable {
    package var name: String
    package var note: String
    package var organisation: Int64?
    package var roles: [Int64]

    package init(name: String, note: String = "", organisation: Int64?, roles: [Int64] = []) {
        self.name = name
        self.note = note
        self.organisation = organisation
        self.roles = roles
    }
}
