import Storage

/// The numbered migrations of this program, oldest first. `jianwei admin migration` writes the next one for review when a declaration changes; a shipped one never changes.
package enum Migrations {
    package static let all: [Migration] = [
        migration0001, migration0002, migration0003, migration0004, migration0005, migration0005Access, migration0005Applications, migration0006, migration0007,
        migration0008, migration0008SignIn, migration0009, migration0010, migration0010Expiry, migration0010Duty, migration0011, migration0012, migration0012Services,
        migration0013Messages, migration0013, migration0014, migration0015, migration0016,
        migration0017Providers, migration0017DualControl, migration0017Units, migration0018, migration0018Services, migration0018Events, migration0019, migration0020,
        migration0021,
        migration0022,
        migration0023,
        migration0024,
        migration0025,
        migration0029,
        migration0030,
        migration0031,
        migration0032,
        migration0033,
        migration0034,
        migration0035,
        migration0036,
        migration0037,
        migration0038,
        migration0039,
        migration0040,
        migration0043,
        migration0044,
        migration0045,
        migration0046,
        migration0047,
        migration0048,
        migration0049,
        migration0050,
        migration0051,
        migration0053,
    ]
}
