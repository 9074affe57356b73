package org.vhostdevice.core.protocol;

/// How many descriptors come with a message.
public enum DescriptorRule {
    /// None.
    NONE,
    /// Exactly one.
    ONE,
    /// One, or none.
    ONE_OR_NONE,
    /// One, unless the payload's flag says that there is none ([Message.VringFile]).
    FLAG_DECIDES,
    /// As many as the table has regions ([Message.MemoryTable]).
    ONE_PER_REGION;

    /// Checks the descriptors of a message.
    ///
    /// @param request what was sent, for the refusal
    /// @param message its decoded payload
    /// @param count   descriptors that came with it
    /// @throws ProtocolException not fatal, when there are too many or too few
    public void check(Enum<?> request, Message message, int count) throws ProtocolException {
        int least = least(message);
        int most = this == ONE_OR_NONE ? 1 : least;
        if (count < least || count > most) {
            throw ProtocolException.refused(request + " with " + count + " descriptors where "
                    + (least == most ? "" : least + " to ") + most + " belong");
        }
    }

    private int least(Message message) {
        return switch (this) {
            case NONE, ONE_OR_NONE -> 0;
            case ONE -> 1;
            case FLAG_DECIDES -> message instanceof Message.VringFile file && file.withoutDescriptor() ? 0 : 1;
            case ONE_PER_REGION ->
                message instanceof Message.MemoryTable table ? table.regions().size() : 0;
        };
    }
}
