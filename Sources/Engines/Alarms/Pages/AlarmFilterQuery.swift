import Kernel
import Storage
import Web

extension AlarmFilter {
    /// The filter of an address: `state` (a state, `open`, `all`), `kind`, `grade` (repeatable), `area`, `org`, `day_from`, `day_to`, `plate`, `q`, `subject`, `overdue=1`. What cannot be
    /// read is left out. One syntax for pages, exports and the API.
    package init(_ address: PageAddress, now: Moment, defaultState: String = "all") {
        self.init()
        states = address.all("state").isEmpty ? Self.states(defaultState) : address.all("state").flatMap(Self.states)
        kinds = address.all("kind")
        grades = address.all("grade").compactMap { Int($0).flatMap(AlarmGrade.init(rawValue:)) }
        area = address["area"].map(Self.areaPrefix)
        org = address["org"].flatMap { Int64($0) }
        from = address["day_from"].flatMap { Day(parsing: $0) }
        to = address["day_to"].flatMap { Day(parsing: $0) }
        plate = address["plate"]?.uppercased()
        search = address["q"]
        if address["overdue"] == "1" { overdueAt = now }
        if address["recheck"] == "1" { recheckBefore = now.adding(seconds: 60) }
        level = address["level"]
        subject = address["subject"]
        falseClass = address["false"].flatMap(AlarmFalseClass.init(rawValue:))
    }

    private static func states(_ name: String) -> [AlarmState] {
        switch name {
        case "open": AlarmState.allCases.filter(\.isOpen)
        case "all": []
        default: AlarmState(rawValue: name).map { [$0] } ?? []
        }
    }

    /// A city's or province's code means everything inside it.
    private static func areaPrefix(_ code: String) -> String { Region(code: code)?.prefix ?? code }
}
