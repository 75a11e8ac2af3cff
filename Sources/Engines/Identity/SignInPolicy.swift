import Kernel

/// The rules for accounts, passwords, terminals and times (A-18, A-25 … A-27) as an administrator sets them. The defaults are those of a level-3 installation,
/// except that a second factor is offered, not demanded, until `secondFactor` says so.
///
/// Source: standards/security.md §1, 8.1.4.1.
package struct SignInPolicy: Sendable, Equatable {
    /// Who must have a second factor.
    package enum SecondFactor: String, Sendable, CaseIterable {
        case optional, administrators, everyone

        package var title: String {
            switch self {
            case .optional: "自愿开启"
            case .administrators: "管理员必须开启"
            case .everyone: "所有用户必须开启"
            }
        }
    }

    package var password = PasswordPolicy()
    package var limits = LoginLimits()
    package var idleMinutes = 30
    package var sessionHours = 12
    /// How long a registered computer may be silent before its sessions end. 0: it is only shown as lost.
    package var heartbeatMinutes = 0
    /// Living sessions of one person; a further login ends the oldest. 0: no limit.
    package var concurrentSessions = 5
    /// How long a confirmed identity counts for dangerous acts.
    package var confirmMinutes = 15
    /// An account unused for so long cannot sign in until an administrator unfreezes it. 0: never.
    package var dormantDays = 180
    package var secondFactor = SecondFactor.optional
    /// Whether the three administrators are kept apart (`DutySeparation`).
    package var separatesDuties = true
    /// How long the audit book is kept.
    package var auditMonths = 36
    /// Exports of one person within an hour that raise an alarm.
    package var exportsAnHour = 20
    /// 1 is Monday.
    package var weekdays: [Int] = [1, 2, 3, 4, 5, 6, 7]
    /// Of the day in Asia/Shanghai, from…to; `to` may be below `from`, across midnight. Equal: the whole day.
    package var fromMinute = 0
    package var toMinute = 0
    /// Networks from which people may sign in; empty: any.
    package var networks: [NetworkRange] = []
    /// The same for holders of administrators' roles, instead of `networks` where not empty.
    package var administratorNetworks: [NetworkRange] = []
    /// Holders of these roles sign in at registered computers only (`Terminals`).
    package var terminalRoles: [String] = []
    /// The same for everybody of these organisations and of those below them.
    package var terminalOrganisations: [Int64] = []
    /// Inner networks that the program may call when an administrator gives it an address (other sign-in services, log-out notices); see `OutboundRule`.
    package var outboundNetworks: [NetworkRange] = []
    /// Weight of misdeeds within ten minutes after which an address is shut out by itself (`AddressBlocks`). 0: never.
    package var blockAfter = 150
    package var blockMinutes = 60
    /// Networks that are never shut out by themselves, such as the authority's own.
    package var neverBlocked: [NetworkRange] = []
    /// Where people work, the VPN's addresses included; an administrator from elsewhere may look but not change anything (D17.1.8). Empty: nobody is elsewhere.
    package var innerNetworks: [NetworkRange] = []
    /// The lowest version of a browser at which one may sign in, by family; families that are not named are admitted.
    package var oldestBrowsers: [BrowserFloor] = []
    /// Forms that must be looked at for some seconds before they are sent (D17.2.10).
    package var formWaits: [FormWait] = []
    /// Said at the door before anybody signs in; empty: nothing.
    package var doorNotice = ""
    /// Whether people and enterprises may ask for an account at the door (`Registrations`).
    package var selfRegistration = false
    /// Whether every page carries the reader's name and the time, faintly.
    package var watermark = false
    /// Ways in besides the password.
    package var smsSignIn = false
    package var qrSignIn = true
    package var certificateSignIn = true

    package init(password: PasswordPolicy = PasswordPolicy(), limits: LoginLimits = LoginLimits()) {
        self.password = password
        self.limits = limits
    }

    var idleSeconds: Int64 { Int64(idleMinutes) * 60 }
    var absoluteSeconds: Int64 { Int64(sessionHours) * 3600 }

    func withheld(from principal: Principal) -> Set<String> {
        separatesDuties && principal.roles.contains(BuiltInRole.admin.rawValue) ? DutySeparation.keptFromSystem : []
    }

    /// Whether one may sign in at this time.
    package func admits(_ moment: Moment) -> Bool {
        guard weekdays.contains(moment.day.weekday) else { return false }
        let minute = moment.minuteOfDay
        if fromMinute == toMinute { return true }
        return fromMinute < toMinute ? (fromMinute..<toMinute).contains(minute) : minute >= fromMinute || minute < toMinute
    }

    /// Whether an administrator at this address is one who only looks.
    package func isRemote(_ address: String) -> Bool { !innerNetworks.isEmpty && !innerNetworks.contains { $0.contains(address) } }

    /// Whether one may sign in from there.
    package func admits(address: String, administrator: Bool) -> Bool {
        let asked = administrator && !administratorNetworks.isEmpty ? administratorNetworks : networks
        return asked.isEmpty || asked.contains { $0.contains(address) }
    }

    /// Whether the account is bound to registered computers.
    func demandsTerminal(_ account: Account) -> Bool {
        terminalRoles.contains { account.principal.roles.contains($0) } || terminalOrganisations.contains { account.organisationPath.contains("/\($0)/") }
    }

    /// Whether a person with these roles must have a second factor.
    package func demandsSecondFactor(administrator: Bool) -> Bool {
        switch secondFactor {
        case .optional: false
        case .administrators: administrator
        case .everyone: true
        }
    }
}
