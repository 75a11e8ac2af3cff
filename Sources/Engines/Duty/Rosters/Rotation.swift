import Kernel
import Workflows

/// How people take turns. Pure: what a month looks like follows from the pattern, the teams and the calendar.
package enum Rotation: String, Sendable, CaseIterable {
    /// Each shift of each day goes to the next team.
    case inTurn
    /// Four teams, three shifts: each team two early, two middle, two late, two off.
    case fourTeams
    /// The first shift on working days only, by all teams in turn.
    case workdays
    /// One team keeps all shifts of a day, then the next.
    case wholeDays

    package var title: String {
        switch self {
        case .inTurn: "逐班轮流"
        case .fourTeams: "四班三运转"
        case .workdays: "常白班（仅工作日）"
        case .wholeDays: "按天轮流"
        }
    }

    /// A team in a shift of a day; `shift` is a place in the group's list of shifts.
    package struct Turn: Sendable, Equatable {
        package var day: Day
        package var shift: Int
        package var team: Int

        package init(day: Day, shift: Int, team: Int) {
            self.day = day
            self.shift = shift
            self.team = team
        }
    }

    /// - Parameters:
    ///   - teams: how many; fewer than one makes nothing.
    ///   - first: the team that begins.
    package func turns(from: Day, to: Day, shifts: Int, teams: Int, first: Int = 0, calendar: WorkingCalendar) -> [Turn] {
        guard teams > 0, shifts > 0, from <= to else { return [] }
        var turns: [Turn] = []
        // A team that is not there counts round.
        let first = (first % teams + teams) % teams
        var next = first
        var day = from
        var number = 0
        while day <= to {
            switch self {
            case .inTurn:
                for shift in 0..<shifts {
                    turns.append(Turn(day: day, shift: shift, team: next % teams))
                    next += 1
                }
            case .wholeDays:
                for shift in 0..<shifts { turns.append(Turn(day: day, shift: shift, team: next % teams)) }
                next += 1
            case .workdays:
                if calendar.isWorkday(day) {
                    turns.append(Turn(day: day, shift: 0, team: next % teams))
                    next += 1
                }
            case .fourTeams:
                // A cycle of two days a shift and two off; the teams are two days apart.
                let cycle = 2 * (shifts + 1)
                for team in 0..<teams {
                    let place = (number + 2 * (team + first)) % cycle / 2
                    if place < shifts { turns.append(Turn(day: day, shift: place, team: team)) }
                }
            }
            number += 1
            day = day.adding(days: 1)
        }
        return turns
    }
}

/// What is wrong with a roster.
package struct RosterFinding: Sendable, Equatable {
    package enum Kind: String, Sendable { case overlap, shortRest, uncovered, holiday }

    package var kind: Kind
    package var day: Day
    package var text: String
}

/// Looks a roster over: who stands twice, who rests too little, which shifts nobody keeps.
package enum RosterCheck {
    /// Hours somebody needs between two shifts.
    static let rest: Int64 = 8 * 3600

    /// - Parameter entries: of one group, any order; `others` of the same people elsewhere.
    package static func findings(_ entries: [DutyEntry], others: [DutyEntry] = [], shifts: [DutyShift], from: Day, to: Day, calendar: WorkingCalendar, isContinuous: Bool)
        -> [RosterFinding]
    {
        var findings: [RosterFinding] = []
        let all = Dictionary(grouping: entries + others, by: \.user)
        for (_, mine) in all.sorted(by: { $0.key < $1.key }) {
            let sorted = mine.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
            for (earlier, later) in zip(sorted, sorted.dropFirst()) where earlier.day >= from || later.day <= to {
                if later.from < earlier.until {
                    findings.append(RosterFinding(kind: .overlap, day: later.day, text: "\(later.name) 与 \(earlier.day.text) 的班次时间重叠"))
                } else if later.from.seconds(since: earlier.until) < Double(rest), later.day != earlier.day || later.from != earlier.until {
                    findings.append(RosterFinding(kind: .shortRest, day: later.day, text: "\(later.name) 距上一班不足 8 小时"))
                }
            }
        }
        let kept = Set(entries.map { "\($0.day.number)/\($0.shift)" })
        var day = from
        while day <= to {
            if isContinuous || calendar.isWorkday(day) {
                for shift in shifts where !kept.contains("\(day.number)/\(shift.id)") {
                    findings.append(RosterFinding(kind: .uncovered, day: day, text: "\(shift.title)无人值班"))
                }
            }
            day = day.adding(days: 1)
        }
        return findings.sorted { ($0.day, $0.text) < ($1.day, $1.text) }
    }
}
