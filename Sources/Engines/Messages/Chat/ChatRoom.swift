import Kernel
import Storage

/// A conversation as one of its people sees it.
package struct ChatRoom: Sendable, Equatable {
    package var id: Int64
    /// Of a group; for two people the other's name.
    package var title: String
    package var isGroup: Bool
    package var subject: String?
    package var owner: Int64
    package var lastAt: Moment
    package var lastText: String
    /// Lines of others that were not seen yet.
    package var unread: Int
    package var closedAt: Moment?
}

/// One person of a conversation.
package struct ChatMember: Sendable, Equatable {
    package var user: Int64
    package var name: String
    package var orgName: String
    package var isAdmin: Bool
    /// The last line they have seen.
    package var seen: Int64
}

/// One line of a conversation.
package struct ChatLine: Sendable, Equatable {
    package var id: Int64
    package var by: Int64
    package var byName: String
    package var at: Moment
    /// Empty where it was taken back.
    package var text: String
    package var file: ChatFile?
    /// A page of the platform that is shared.
    package var path: String?
    package var isRecalled: Bool

    init(_ row: Row) {
        id = row.int("id") ?? 0
        by = row.int("by_id") ?? 0
        byName = row.text("by_name") ?? ""
        at = row.moment("at") ?? Moment(milliseconds: 0)
        isRecalled = row.moment("recalled_at") != nil
        text = isRecalled ? "" : row.text("text") ?? ""
        file = isRecalled ? nil : row.text("file").flatMap(ChatFile.init)
        path = isRecalled ? nil : row.text("path")
    }
}

/// A picture, a recording or a paper in a line.
package struct ChatFile: Sendable, Equatable {
    package var sha256: String
    package var name: String
    package var mediaType: String
    package var size: Int

    package init(sha256: String, name: String, mediaType: String, size: Int) {
        self.sha256 = sha256
        self.name = name
        self.mediaType = mediaType
        self.size = size
    }

    init?(_ text: String) {
        guard let json = try? JSONValue(parsing: text), let sha256 = json["sha256"]?.string else { return nil }
        self.init(sha256: sha256, name: json["name"]?.string ?? "", mediaType: json["type"]?.string ?? "application/octet-stream", size: Int(json["size"]?.int ?? 0))
    }

    var text: String { (["sha256": .string(sha256), "name": .string(name), "type": .string(mediaType), "size": .int(Int64(size))] as JSONValue).text }
    var isPicture: Bool { mediaType.hasPrefix("image/") }
}
