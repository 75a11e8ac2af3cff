import Kernel
import Storage

/// A shift of the day. Source: requirements D9.12.4, D18.2.2.
package struct DutyShift: Sendable, Equatable {
    package var id: Int64
    package var title: String
    /// Minute of the day it begins; it may end on the next day.
    package var starts: Int
    package var minutes: Int
    /// Raw value of a `Tone`.
    package var tone: String

    package init(id: Int64 = 0, title: String, starts: Int, minutes: Int, tone: String = "info") {
        self.id = id
        self.title = title
        self.starts = starts
        self.minutes = minutes
        self.tone = tone
    }

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        starts = Int(row.int("starts") ?? 0)
        minutes = Int(row.int("minutes") ?? 0)
        tone = row.text("tone") ?? "info"
    }

    package func span(on day: Day) -> (from: Moment, until: Moment) {
        let from = day.start.adding(seconds: Int64(starts) * 60)
        return (from, from.adding(seconds: Int64(minutes) * 60))
    }

    /// `00:30–08:30`.
    package var hours: String { "\(DutyShift.clock(starts))–\(DutyShift.clock((starts + minutes) % 1440))" }

    static func clock(_ minute: Int) -> String {
        let (hour, rest) = (minute / 60, minute % 60)
        return (hour < 10 ? "0" : "") + "\(hour)" + (rest < 10 ? ":0" : ":") + "\(rest)"
    }
}

/// A group that keeps watch. Source: requirements D9.12.1.
package struct DutyGroup: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var user: Int64
        package var name: String
        /// From 1.
        package var team: Int
        package var isLeader: Bool

        package init(user: Int64, name: String, team: Int, isLeader: Bool) {
            self.user = user
            self.name = name
            self.team = team
            self.isLeader = isLeader
        }
    }

    package var id: Int64 = 0
    package var title: String
    package var leader: String
    package var phone: String
    package var org: Int64?
    package var area: String?
    /// Ids of its shifts in the order of the day.
    package var shifts: [Int64]
    package var members: [Member] = []

    package init(title: String, leader: String, phone: String, org: Int64?, area: String?, shifts: [Int64]) {
        self.title = title
        self.leader = leader
        self.phone = phone
        self.org = org
        self.area = area
        self.shifts = shifts
    }

    init(_ row: Row) {
        id = row.int("id") ?? 0
        title = row.text("title") ?? ""
        leader = row.text("leader") ?? ""
        phone = row.text("phone") ?? ""
        org = row.int("org")
        area = row.text("area")
        shifts = (row.text("shifts") ?? "").split(separator: ",").compactMap { Int64($0) }
    }

    /// Numbers of its teams, in order.
    package var teams: [Int] { Set(members.map(\.team)).sorted() }
}

/// Somebody in a shift of a day.
package struct DutyEntry: Sendable, Equatable {
    package var id: Int64
    package var group: Int64
    package var day: Day
    package var shift: Int64
    package var user: Int64
    package var name: String
    package var isLeader: Bool
    package var from: Moment
    package var until: Moment
    package var note: String

    package init(id: Int64 = 0, group: Int64, day: Day, shift: DutyShift, user: Int64, name: String, isLeader: Bool = false, note: String = "") {
        self.id = id
        self.group = group
        self.day = day
        self.shift = shift.id
        self.user = user
        self.name = name
        self.isLeader = isLeader
        (from, until) = shift.span(on: day)
        self.note = note
    }

    init(_ row: Row) {
        id = row.int("id") ?? 0
        group = row.int("group_id") ?? 0
        day = row.day("day") ?? Day(daysSince1970: 0)
        shift = row.int("shift") ?? 0
        user = row.int("user_id") ?? 0
        name = row.text("name") ?? ""
        isLeader = row.bool("is_leader")
        from = row.moment("from_at") ?? Moment(milliseconds: 0)
        until = row.moment("until_at") ?? Moment(milliseconds: 0)
        note = row.text("note") ?? ""
    }
}
